// The process that `finetune bench` starts for a row: nothing but the runtime, one model and one batch is in its memory.

import { answerParent } from '../system/child-process.js';
import { measureModel } from './measurement.js';

answerParent(measureModel);
