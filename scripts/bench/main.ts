// finetune against Keras and PyTorch on this machine: every run a process of its own, contenders taking turns,
// medians over several rounds. Writes results.json and table.md.
//
//   npx tsx scripts/bench/main.ts [--rounds 5] [--only extract-vgg16,...] [--data FLOWERS] [--models DIR] [--python PATH]
//
// README.md beside this file says what is needed. Leave the machine alone meanwhile.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Measurement } from './contenders.js';
import { type Job, jobs, jobsOnDemand } from './jobs.js';
import { type ContenderResult, type JobResult, renderTables, summarize } from './summary.js';
import { openWorkspace, type Workspace } from './workspace.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.cache/bench/flowers' },
    models: { type: 'string' },
    python: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    dir: { type: 'string', default: '.cache/bench' },
  },
});

const chosen = chooseJobs(values.only?.split(','));
const workspace = await openWorkspace({ ...values, models: values.models, python: values.python });
const results: NamedResult[] = [];
for (const job of chosen) {
  results.push(await runJob(job, Number(values.rounds), workspace));
  await saveResults(results, workspace.dir);
}
process.stdout.write(renderTables(results));

interface NamedResult extends JobResult {
  readonly job: Job;
}

function chooseJobs(names: readonly string[] | undefined): readonly Job[] {
  if (names === undefined) return jobs;
  const all = [...jobs, ...jobsOnDemand];
  return names.map(name => {
    const job = all.find(each => each.name === name);
    if (job === undefined)
      throw new Error(`No job ${name}. Expected: ${all.map(each => each.name).join(', ')}.`);
    return job;
  });
}

/** Contenders take turns, and each round another one begins: what warms or tires the machine hits all alike. */
async function runJob(job: Job, rounds: number, workspace: Workspace): Promise<NamedResult> {
  const results = job.contenders.map(
    ({ name }) => ({ name, rounds: [] as Measurement[] }) as ContenderResult,
  );
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < job.contenders.length; turn++) {
      const i = (round + turn) % job.contenders.length;
      if (results[i]!.failure === undefined) results[i] = await runTurn(job, i, results[i]!, workspace);
    }
  }
  return { job, contenders: results };
}

async function runTurn(
  job: Job,
  i: number,
  before: ContenderResult,
  workspace: Workspace,
): Promise<ContenderResult> {
  const say = (text: string) => process.stderr.write(`${job.name} · ${before.name} · ${text}\n`);
  try {
    const measurement = await job.contenders[i]!.measure(workspace);
    say(`${measurement[job.figure]?.toFixed(2)} ${job.figure}`);
    return { ...before, rounds: [...before.rounds, measurement] };
  } catch (error) {
    say(`failed: ${error}`);
    return { ...before, failure: String(error) };
  }
}

async function saveResults(results: readonly NamedResult[], dir: string): Promise<void> {
  const report = {
    date: new Date().toISOString(),
    machine: {
      processor: cpus()[0]?.model,
      processors: cpus().length,
      memoryBytes: totalmem(),
      load: loadavg(),
    },
    node: process.version,
    jobs: results.map(({ job: { name, title, figure }, ...result }) => ({
      name,
      title,
      figure,
      ...result,
      summary: summarize({ job: { title, figure }, ...result }),
    })),
  };
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'results.json'), `${JSON.stringify(report, null, 1)}\n`);
  await writeFile(join(dir, 'table.md'), renderTables(results));
}
