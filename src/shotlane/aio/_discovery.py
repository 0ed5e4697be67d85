"""Who is there."""

from shotlane import acquisition
from shotlane.aio._twin import twin

find_devices = twin(acquisition.find_devices)
list_serial_ports = twin(acquisition.list_serial_ports)
probe = twin(acquisition.probe)
