// One program, run to its end.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Finished {
  readonly stdout: string;
  /** From start to end of the process. */
  readonly seconds: number;
}

/**
 * Runs a program.
 * @throws Error with the end of its stderr when it fails
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const started = performance.now();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`);
  return { stdout, seconds };
}

/**
 * Runs the command line of a checkout.
 * @param fresh a folder for what is measured beside the output
 */
export async function runFinetune(
  checkout: string,
  fresh: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Finished & { readonly peakMegabytes: number }> {
  const memoryFile = join(fresh, 'peak-memory');
  const preload = join(import.meta.dirname, 'report-memory.cjs');
  const finished = await runProcess(
    process.execPath,
    ['--require', preload, join(checkout, 'dist/finetune.cjs'), ...args],
    { cwd: checkout, env: { ...process.env, ...environment, PEAK_MEMORY_FILE: memoryFile } },
  );
  return { ...finished, peakMegabytes: Number(await readFile(memoryFile, 'utf8')) };
}

/** The JSON line that a Python peer ends with. */
export function readLastLine({ stdout }: Finished): unknown {
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
