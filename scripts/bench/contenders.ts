// Who runs, and how one run of each is measured. Every measurement is a process of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { readLastLine, runFinetune, runProcess } from './process.js';
import { scripts, type Workspace } from './workspace.js';

export interface Measurement {
  /** Wall time of the whole process, start included. */
  readonly seconds: number;
  /** Photos through the frozen base, decoding included, start not included. */
  readonly imagesPerSecond?: number | undefined;
  /** Largest resident size, in MB of 10^6 bytes. */
  readonly peakMegabytes: number;
  /** On the validation images, after the last epoch. */
  readonly accuracy?: number | undefined;
  /** What else the process told. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Contender {
  readonly name: string;
  measure(workspace: Workspace): Promise<Measurement>;
}

/** A folder of photos, made when first asked for. */
export type Folder = (workspace: Workspace) => string | Promise<string>;

const trainResult = v.looseObject({
  computed: v.number(),
  val: v.optional(v.looseObject({ accuracy: v.number() })),
  seconds: v.record(v.string(), v.number()),
});

/**
 * `finetune train` with nothing stored from before.
 * @param backbone a folder or the name of a prepared backbone
 */
export function finetune(
  name: string,
  data: Folder,
  backbone: (workspace: Workspace) => Promise<string>,
  flags: readonly string[] = [],
): Contender {
  return {
    name,
    async measure(workspace) {
      const fresh = await mkdtemp(join(workspace.dir, 'run-'));
      try {
        const places = [
          '--data',
          await data(workspace),
          '--backbone',
          await backbone(workspace),
          '--out',
          join(fresh, 'run'),
        ];
        return await measureFinetune(workspace, fresh, [
          'train',
          ...places,
          '--store',
          join(fresh, 'store'),
          ...flags,
          '--json',
        ]);
      } finally {
        await rm(fresh, { recursive: true, force: true });
      }
    },
  };
}

async function measureFinetune(
  { checkout }: Workspace,
  fresh: string,
  args: readonly string[],
): Promise<Measurement> {
  const environment = { FINETUNE_CACHE: join(fresh, 'cache') };
  const { stdout, seconds, peakMegabytes } = await runFinetune(checkout, fresh, args, environment);
  const result = v.parse(trainResult, JSON.parse(stdout));
  const { features } = result.seconds;
  return {
    seconds,
    imagesPerSecond: features === undefined ? undefined : result.computed / features,
    peakMegabytes,
    accuracy: result.val?.accuracy,
    details: { stages: result.seconds, images: result.computed },
  };
}

const peerResult = v.looseObject({
  peakMegabytes: v.number(),
  imagesPerSecond: v.optional(v.number()),
  accuracy: v.optional(v.number()),
});

/** One of the Python scripts beside this file. */
export function peer(
  name: string,
  script: 'keras_peer.py' | 'torch_peer.py',
  args: (workspace: Workspace) => Promise<readonly string[]>,
): Contender {
  return {
    name,
    async measure(workspace) {
      const line = [join(scripts, script), ...(await args(workspace))];
      const finished = await runProcess(workspace.python, line);
      const { peakMegabytes, imagesPerSecond, accuracy, ...details } = v.parse(
        peerResult,
        readLastLine(finished),
      );
      return { seconds: finished.seconds, imagesPerSecond, peakMegabytes, accuracy, details };
    },
  };
}
