// One parser, many damaged inputs: what counts as a finding, and what is kept of it.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FinetuneError } from '../../src/errors.js';
import { type Files, writeAll } from './inputs.js';
import { pick, seededRandom } from './mutate.js';
import type { Parser } from './parser.js';
import { watch } from './watch.js';

/** Processor time that an execution must not take; one that takes a minute is ended from outside. */
const mostSeconds = 15;

/** Decoding an image may take 1 GiB. */
const mostMebibytes = 1536;

/** Where a fuzzer works, and how long. */
export interface FuzzPlan {
  /** An empty folder for everything that is written. */
  readonly folder: string;
  readonly seed: number;
  readonly seconds: number;
  readonly executions: number;
}

/** What was found. */
export interface Finding {
  readonly parser: string;
  readonly what: string;
  /** The folder of the input, kept below the plan's. */
  readonly input: string;
}

/** Executions of a parser, and what they found; the same kind of finding is kept once. */
export interface FuzzResult {
  readonly executions: number;
  readonly findings: readonly Finding[];
}

/** Fuzzes a parser until time or executions are over. */
export async function fuzz(parser: Parser, plan: FuzzPlan): Promise<FuzzResult> {
  const places = preparePlaces(plan.folder);
  const seeds = await parser.seeds(places.scratch);
  const random = seededRandom(plan.seed);
  const end = performance.now() + plan.seconds * 1000;
  const found = new Map<string, Finding>();
  const watcher = watch(places.input, parser.name);
  let executions = 0;
  try {
    for (; executions < plan.executions && performance.now() < end; executions++) {
      const files = parser.damage(pick(random, seeds), random);
      watcher.tick();
      const what = await execute(parser, files, places);
      if (what === undefined || found.has(kindOf(what))) continue;
      const input = join(plan.folder, `${parser.name}-${found.size + 1}`);
      writeAll(input, files);
      found.set(kindOf(what), { parser: parser.name, what, input });
    }
  } finally {
    await watcher.stop();
  }
  return { executions, findings: [...found.values()] };
}

interface Places {
  readonly scratch: string;
  readonly input: string;
}

function preparePlaces(folder: string): Places {
  const places = { scratch: join(folder, 'scratch'), input: join(folder, 'input') };
  for (const place of Object.values(places)) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
  }
  return places;
}

/** @returns what was wrong; undefined where nothing was */
async function execute(parser: Parser, files: Files, { input }: Places): Promise<string | undefined> {
  rmSync(input, { recursive: true, force: true });
  mkdirSync(input);
  writeAll(input, files);
  const [start, memory] = [process.cpuUsage(), process.memoryUsage.rss()];
  const thrown = await read(parser, input, files);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  const mebibytes = (process.memoryUsage.rss() - memory) / 2 ** 20;
  if (thrown !== undefined) return thrown;
  if (seconds > mostSeconds) return `slow: ${seconds.toFixed(0)} s`;
  if (mebibytes > mostMebibytes) return `memory: ${mebibytes.toFixed(0)} MiB`;
  return findPollution() ?? findStrayFiles(input, files);
}

async function read(parser: Parser, folder: string, files: Files): Promise<string | undefined> {
  try {
    await parser.read(folder, files);
    return undefined;
  } catch (error) {
    if (error instanceof FinetuneError) return undefined;
    return error instanceof Error ? String(error.stack) : `thrown: ${String(error)}`;
  }
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const membersBefore = prototypes.map(prototype => Reflect.ownKeys(prototype).length);

function findPollution(): string | undefined {
  const isPolluted = prototypes.some(
    (prototype, i) => Reflect.ownKeys(prototype).length !== membersBefore[i],
  );
  return isPolluted ? 'a prototype was changed' : undefined;
}

/** The input's folder must hold what was put there; names in the input that lead elsewhere end in `escaped`. */
function findStrayFiles(input: string, files: Files): string | undefined {
  const escapes = ['/etc', '.', '..', '../..', join(input, '..'), join(input, '../..')];
  const stray = [
    ...readdirSync(input).filter(name => !(name in files)),
    ...escapes.map(folder => join(folder, 'escaped')).filter(path => existsSync(path)),
  ];
  return stray.length === 0 ? undefined : `wrote ${stray.join(', ')}`;
}

/** Without numbers and with the first place in the program alone, so that one mistake is one finding. */
function kindOf(what: string): string {
  const [message = '', ...stack] = what.split('\n');
  const place = stack.find(line => line.includes('/src/')) ?? '';
  return message.replace(/\d+/g, '#').slice(0, 60) + place;
}
