// Runs the built command line as a user does: in a folder of its own, with a cache of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../../scripts/checkout.js';

export { checkout };

/** The program, as a user starts it. */
export const cli = join(checkout, 'dist/finetune.cjs');

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Workplace {
  readonly dir: string;
  /** Runs `finetune ...args` there. */
  run(args: readonly string[], input?: Buffer): Finished;
  /** Runs `node ...args` there. */
  runNode(args: readonly string[], input?: Buffer): Finished;
}

export function makeWorkplace(): Workplace {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-')));
  const env = { ...process.env, FINETUNE_CACHE: join(dir, 'cache') };
  shareEngines(env.FINETUNE_CACHE);
  const runNode: Workplace['runNode'] = (args, input) =>
    spawnSync(process.execPath, args, { cwd: dir, env, input, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return {
    dir,
    run: (args, input) => runNode([cli, ...args], input),
    runNode,
  };
}

/** An engine that is set up in the tests' own cache is used there too. */
function shareEngines(cache: string): void {
  const engines = join(process.env.FINETUNE_CACHE ?? '', 'engines');
  if (process.env.FINETUNE_CACHE === undefined || !existsSync(engines)) return;
  mkdirSync(cache);
  symlinkSync(engines, join(cache, 'engines'));
}
