// The source of the addon that loads TensorFlow without its greeting.
import assert from 'node:assert/strict';
import test from 'node:test';
import { quietLoaderSource } from '../../../../src/engines/tensorflow/setup/quiet-loader-source.js';

test('the loader opens the libraries beside itself', () => {
  assert.match(quietLoaderSource(['tensorflow/libx.so.2']), /libraries\[\] = \{"tensorflow\/libx\.so\.2"\}/);
});
