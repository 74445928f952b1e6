// Tables without lines.
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderTable } from '../../src/report/table.js';

test('columns are as wide as what they hold, words to the left, numbers to the right, and no line ends in spaces', () => {
  const rows = [
    ['a', 1, 'x'],
    ['longer', 200, ''],
  ];
  assert.deepEqual(renderTable(['name', 'n', 'note'], rows, ['left', 'right', 'left']).split('\n'), [
    'name      n  note',
    'a         1  x',
    'longer  200',
  ]);
});

test('without a head there is no line for it', () => {
  assert.equal(renderTable([], [['a', 1]], ['left', 'right']), 'a  1');
});
