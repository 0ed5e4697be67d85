"""Options that those documents of the catalogue need which have no default for all."""

from typing import Final

OPTIONS: Final = {
    "alicat-mfc": "{device_unit: sccm, full_scale: 50 sccm}",
    "alicat-pressure": "{device_unit: psi, full_scale: 30 psi}",
    "new-era-ne1000": "{max_rate: 10 mL/min}",
    "tti-pl": "{max_voltage: 60 V, max_current: 20 A}",
    "vici-eut": "{positions: 10}",
}
