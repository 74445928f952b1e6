// Converts a Keras model (.keras or .h5) to a tfjs layers model with its card, without Python:
//   tsx scripts/convert-keras.ts FILE OUTDIR [--quantize float16|uint8|uint16] [--name N] [--source TEXT] [--licence TEXT]
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import yargs from 'yargs';
import { saveCard } from '../src/backbones/card.js';
import { planCard } from '../src/backbones/plan-card.js';
import { convertKerasFile } from '../src/formats/keras/keras-file.js';

const {
  _: [file, dir],
  ...options
} = yargs(process.argv.slice(2))
  .usage('convert-keras FILE OUTDIR')
  .demandCommand(2, 2)
  .strictOptions()
  .string(['name', 'source', 'licence'])
  .option('quantize', { choices: ['float16', 'uint8', 'uint16'] as const })
  .parseSync();

const path = String(file);
const out = String(dir);
mkdirSync(out, { recursive: true });
const { topology, sha256, bytes, notes } = await convertKerasFile(path, out, { quantize: options.quantize });
const { card, notes: cardNotes } = planCard(topology, {
  name: options.name ?? basename(out),
  source: options.source ?? basename(path),
  licence: options.licence,
});
await saveCard(out, { ...card, sha256 });
for (const note of [...notes, ...cardNotes]) console.warn(note);
console.log(`${out}: ${topology.config.layers.length} layers, ${bytes} bytes of weights`);
