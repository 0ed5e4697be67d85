"""What is written, by name."""

from shotlane.model import flatten


def test_nested_parameters_have_dotted_names_and_their_paths() -> None:
    assert flatten({"T": "5 K", "laser": {"power": "5 mW", "beam": {"waist": 1}}}) == {
        "T": (("parameters", "T"), "5 K"),
        "laser.power": (("parameters", "laser", "power"), "5 mW"),
        "laser.beam.waist": (("parameters", "laser", "beam", "waist"), 1),
    }
