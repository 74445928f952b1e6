// Installs what makes work faster and is too large to come along: CUDA for the base, TensorFlow for training.

import {
  installTensorflow,
  removeTensorflow,
  type TensorflowSetup,
} from '../engines/tensorflow/setup/install.js';
import { refuseOption } from '../errors.js';
import { type CudaRemoval, removeCuda } from '../inference/cuda/remove.js';
import { type CudaSetup, setUpCuda } from '../inference/cuda/setup.js';
import { flag, maybe, type OptionTable, text } from '../option-kinds.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `setup`. */
export const setupOptions = {
  cuda: flag("ONNX Runtime's part for NVIDIA GPUs: the base, predict and evaluate run there (1.2 GB)"),
  tensorflow: flag('TensorFlow, which trains hidden layers and unfrozen blocks faster (the default)'),
  cpu: flag('TensorFlow for the processor, even where there is a GPU'),
  from: maybe(
    text('With --cuda: a folder with the wheels, or with their libraries, instead of a download', 'a folder'),
  ),
  unchecked: flag('With --cuda: install it although no GPU is here, e.g. for an image that runs elsewhere'),
  remove: flag('Undo it; without --cuda or --tensorflow, both'),
} as const satisfies OptionTable;

/** What `setup` takes. */
export type SetupOptions = OptionsOf<typeof setupOptions>;

/** What is set up now. */
export interface SetupResult {
  readonly cuda?: CudaSetup | undefined;
  readonly tensorflow?: TensorflowSetup | undefined;
  /** Where it was to be undone. */
  readonly removed?: CudaRemoval | undefined;
}

/**
 * Sets up CUDA, the tensorflow engine, or both, and tries each in a process of its own.
 * @throws FinetuneError `engine-missing` with what the machine lacks, `download-failed`
 * @example const { tensorflow } = await setup({ cpu: true });
 */
export const setup = verb(setupOptions, async (options, context): Promise<SetupResult> => {
  const { cuda, cpu, from, unchecked, remove } = options;
  if (cuda && cpu) refuseOption('--cuda and --cpu exclude each other: choose one.');
  if (!cuda && from !== undefined) refuseOption(`--from ${from} belongs to --cuda: add that.`);
  if (!cuda && unchecked) refuseOption('--unchecked belongs to --cuda: add that.');
  if (remove && (cpu || unchecked || from !== undefined))
    refuseOption(
      '--remove takes --cuda and --tensorflow beside it, and nothing that says how to install them.',
    );
  if (remove) return { removed: await removeParts(options) };
  const wantsTensorflow = options.tensorflow || !cuda;
  return {
    cuda: cuda ? await setUpCuda({ from, unchecked }, context) : undefined,
    tensorflow: wantsTensorflow ? await installTensorflow(deviceOf(options), context) : undefined,
  };
});

/** Whoever names CUDA beside TensorFlow wants both on the GPU. */
function deviceOf({ cuda, cpu }: Pick<SetupOptions, 'cuda' | 'cpu'>): 'cuda' | 'cpu' | undefined {
  if (cuda) return 'cuda';
  return cpu ? 'cpu' : undefined;
}

async function removeParts({ cuda, tensorflow }: SetupOptions): Promise<CudaRemoval> {
  const both = !cuda && !tensorflow;
  const nothing = { removed: [], bytes: 0, kept: [] };
  const provider = cuda || both ? await removeCuda() : nothing;
  const engine = tensorflow || both ? await removeTensorflow() : nothing;
  return {
    removed: [...provider.removed, ...engine.removed],
    bytes: provider.bytes + engine.bytes,
    kept: [...provider.kept, ...engine.kept],
  };
}
