// Runs a definition in aws-local-stepfunctions, an interpreter of other authors, with a clock of its own.
//
// Input, as JSON: {"definition": ..., "runs": [{"input": ..., "results": {"<Task state>": [<result>, ...]}}, ...]}.
// The results of a Task answer its requests one by one: {"output": ...}, {"error": "<name>", "cause": "<text>"}, or
// {"hangs": true} for a task that never ends.
// Output, as JSON: for each run the events of the interpreter, and the requests that its tasks received.

import { readFileSync } from 'node:fs';
import { mock } from 'node:test';
import { StateMachine } from 'aws-local-stepfunctions';

const { definition, runs } = JSON.parse(readFileSync(0, 'utf8'));
const machine = new StateMachine(definition);

async function run({ input, results }) {
  const events = [];
  const requests = [];
  const task = (state) => (parameters) => {
    requests.push({ state, parameters });
    const result = results[state]?.shift() ?? { error: 'Script.Ended', cause: `no further result of ${state}` };
    if (result.hangs) return new Promise(() => {});
    if (result.error) throw Object.assign(new Error(result.cause), { name: result.error });
    return result.output;
  };
  const tasks = Object.entries(definition.States).filter(([, state]) => state.Type === 'Task');
  const taskResourceLocalHandlers = Object.fromEntries(tasks.map(([name]) => [name, task(name)]));

  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const execution = machine.run(input, { overrides: { taskResourceLocalHandlers } });
  let ended = false;
  const end = execution.result.catch(() => {}).then(() => (ended = true));
  const log = (async () => {
    for await (const event of execution.eventLogs) events.push(event);
  })();
  while (!ended) {
    // All that can happen without the clock happens first.
    await new Promise(setImmediate);
    mock.timers.tick(1000);
  }
  await Promise.all([end, log]);
  mock.timers.reset();
  return { events, requests };
}

const traces = [];
for (const one of runs) traces.push(await run(one));
process.stdout.write(JSON.stringify(traces));
