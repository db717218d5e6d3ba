"""Makes every picture: `make pictures`."""

from pictures import demo, workflow
from sidestep import project

workflow.PICTURE.write_text(workflow.draw(project.WORKFLOW_FILE.read_text(encoding="utf-8")), encoding="utf-8")
demo.PICTURE.write_text(demo.draw(demo.run()), encoding="utf-8")
