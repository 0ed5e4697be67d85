"""Documents, archives of runs, and what a person adds to a run."""

from shotlane import api
from shotlane.aio._runs import Run
from shotlane.aio._twin import run_twin, twin

check = twin(api.check)
archive = twin(api.archive)
import_run = twin(api.import_run)
note = twin(api.note)
rerun = run_twin(api.rerun, Run)
verify = twin(api.verify)
