"""The site: `pip install -e ".[docs]" && sphinx-build -W docs build/site`."""

from importlib.metadata import version as installed

project = "shotlane"
author = copyright = "the shotlane developers"
release = version = installed("shotlane")
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "contents"
exclude_patterns = ["build"]
html_theme = "furo"
html_title = f"shotlane {release}"
myst_heading_anchors = 4
# Marks for the tests stand in comments of HTML.
myst_enable_extensions = ["attrs_block"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
# Links to files of the repository lead out of the site.
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]
