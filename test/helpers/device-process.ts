// The process that devices.test.ts starts with SwiftShader in its environment: two sessions on WebGPU, asked at once.
import { join } from 'node:path';
import { compileGraph } from '../../src/formats/onnx/compile.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { withSession } from '../../src/inference/temporary-model.js';
import { cutAt, withInputShape } from '../../src/network/cut.js';
import { answerParent } from '../../src/system/child-process.js';
import { checkout } from './finetune.js';

await answerParent(async (layer: string) => {
  const network = await loadLayersModel(join(checkout, 'pretrained/efficientnet-lite0'));
  const graph = compileGraph(withInputShape(cutAt(network, layer), [32, 32]));
  const shape = [10, 32, 32, 3] as const;
  const inputs = [1, 2, 3].map(seed => Float32Array.from({ length: 30720 }, (_, i) => Math.sin(i * seed)));
  return withSession(graph, { device: 'webgpu' }, first =>
    withSession(graph, { device: 'webgpu' }, second =>
      withSession(graph, {}, async cpu => {
        const outputs = await Promise.all(
          inputs.map((input, i) => (i % 2 === 0 ? first : second).run(input, shape)),
        );
        const differences: number[] = [];
        for (const [i, input] of inputs.entries()) {
          const expected = await cpu.run(input, shape);
          const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          for (const [j, value] of expected.data.entries())
            differences.push(Math.abs(value - (outputs[i]?.data[j] ?? Number.NaN)) / largest);
        }
        return { compared: differences.length, largest: differences.reduce((a, b) => Math.max(a, b), 0) };
      }),
    ),
  );
});
