// The parity of every catalogue network with Keras, as a Markdown table. Needs a Python with Keras and TensorFlow, and
// 5 GB of disk; takes some minutes:
//
//   npx tsx scripts/golden/parity-table.ts [NAME...]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutKeras } from './keras.js';
import { layouts, measureParity, rectangles } from './parity.js';

if (withoutKeras !== false) throw new Error(withoutKeras);
const names = process.argv.slice(2);
console.log(
  '| network | top | input | layout | largest absolute difference | largest output | relative |\n|---|---|---|---|---|---|---|',
);
for (const [name, rectangle] of Object.entries(rectangles)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const dir = mkdtempSync(join(tmpdir(), 'finetune-parity-'));
  const cases = [
    { includeTop: false, size: [224, 224], layouts },
    { includeTop: false, size: rectangle, layouts },
    { includeTop: true, size: [224, 224], layouts },
  ] as const;
  try {
    for await (const parity of measureParity(dir, name, cases)) {
      const { includeTop, size, layout, difference, largest } = parity;
      const figures = [
        difference.toExponential(1),
        largest.toPrecision(3),
        (difference / largest).toExponential(1),
      ];
      console.log(
        `| ${[name, includeTop ? 'with' : 'without', size.join('x'), layout, ...figures].join(' | ')} |`,
      );
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
}
