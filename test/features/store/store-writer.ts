// A process of its own that fills a feature store: store-writer.ts DIR PREFIX COUNT
import { openFeatureStore } from '../../../src/features/store/store.js';

const [dir, prefix, count] = process.argv.slice(2);
const store = openFeatureStore(dir!, { maxBytes: 2 ** 30 });
for (let i = 0; i < Number(count); i++) {
  store.put(`${prefix}-${i}`, Float32Array.of(i, i + 1));
  if (i % 10 === 0) await new Promise(setImmediate);
}
await store.close();
