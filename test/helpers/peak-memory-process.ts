// The process that peak-memory.test.ts asks.
import { answerParent } from '../../src/child-process.js';
import { readPeakMemory } from '../../src/pipeline/bench/peak-memory.js';

await answerParent(async () => readPeakMemory());
