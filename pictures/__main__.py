"""Makes every picture: `make pictures`."""

from pictures import demo, workflow
from sidestep import paths

workflow.PICTURE.write_text(workflow.draw(paths.WORKFLOW_FILE.read_text(encoding="utf-8")), encoding="utf-8")
demo.PICTURE.write_text(demo.draw(demo.run()), encoding="utf-8")
