// The process that peak-memory.test.ts asks.
import { answerParent } from '../../src/system/child-process.js';
import { readPeakMemory } from '../../src/system/peak-memory.js';

answerParent(async () => readPeakMemory());
