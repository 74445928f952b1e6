import assert from 'node:assert/strict';
import test from 'node:test';
import { renderSuggestion } from '../../src/report/suggestion.js';

const suggestion = { recipe: 'fine-tune', reason: 'classes have 120 training images', seconds: 230 } as const;

test('what is suggested comes with its time and its command, in 80 columns', () => {
  const text = renderSuggestion({ suggestion }, 'runs/flowers');
  assert.equal(
    text,
    'To try next: fine-tuning, as classes have 120 training images; about 4 min here:\n' +
      '  finetune train --config runs/flowers/config.yaml --recipe fine-tune\n',
  );
  assert.ok(text.split('\n').every(line => line.length <= 80));
});

test('a folder whose name a shell would take apart is quoted', () => {
  assert.match(renderSuggestion({ suggestion }, 'my run'), /--config 'my run\/config\.yaml' --recipe/);
});

test('after a run with a budget, the command has one that is long enough', () => {
  const time = { seconds: 60, planned: {}, reached: {}, leftOut: [] };
  assert.match(renderSuggestion({ suggestion, time }, 'run'), /--recipe fine-tune --time 5m\n$/);
});

test('where nothing was measured, no time is given; where nothing is suggested, nothing is said', () => {
  assert.match(
    renderSuggestion({ suggestion: { ...suggestion, seconds: undefined } }, 'run'),
    /; minutes here:/,
  );
  assert.equal(renderSuggestion({ suggestion: undefined }, 'run'), '');
});
