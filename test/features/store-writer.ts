// A process of its own that fills a feature store: store-writer.ts DIR PREFIX COUNT [die]
import { FeatureStore, rowKey } from '../../src/features/store.js';

const [dir = '', prefix = '', count, die] = process.argv.slice(2);
const store = new FeatureStore({ dir, base: 'base', emit: event => console.log(JSON.stringify(event)) });
for (let i = 0; i < Number(count); i++) {
  store.put(rowKey(`${prefix}-${i}`, 'original'), Float32Array.of(i, i + 1));
  if (i % 10 === 0) await new Promise(setImmediate);
}
if (die !== undefined) process.kill(process.pid, 'SIGKILL');
store.close();
