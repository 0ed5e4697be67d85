"""A Modbus server of libmodbus, called through ctypes, as a program of its own.

    python -m tests.instruments._libmodbus tcp PORT | rtu DEVICE BAUDRATE

It serves unit 1 with 200 of every table, all 0, until it is ended; "ready" is its one line.
"""

import ctypes
import ctypes.util
import sys

LIBRARY = ctypes.util.find_library("modbus")
_LONGEST = 260


def _load() -> ctypes.CDLL:
    library = ctypes.CDLL(LIBRARY)
    for name in ("modbus_new_tcp", "modbus_new_rtu", "modbus_mapping_new"):
        getattr(library, name).restype = ctypes.c_void_p
    return library


def main(kind: str, *place: str) -> None:
    """Serve one connection after another."""
    library = _load()
    mapping = ctypes.c_void_p(library.modbus_mapping_new(200, 200, 200, 200))
    listener = -1
    if kind == "tcp":
        context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", int(place[0])))
        listener = library.modbus_tcp_listen(context, 1)
    else:
        device, baudrate = place[0].encode(), int(place[1])
        context = ctypes.c_void_p(library.modbus_new_rtu(device, baudrate, ctypes.c_char(b"N"), 8, 1))
        library.modbus_set_slave(context, 1)
        if library.modbus_connect(context) != 0:
            raise SystemExit("libmodbus cannot open the port")
    print("ready", flush=True)
    query = (ctypes.c_uint8 * _LONGEST)()
    while True:
        if kind == "tcp":
            library.modbus_tcp_accept(context, ctypes.byref(ctypes.c_int(listener)))
        while (size := library.modbus_receive(context, query)) != -1:
            if size > 0:
                library.modbus_reply(context, query, size, mapping)


if __name__ == "__main__":
    main(*sys.argv[1:])
