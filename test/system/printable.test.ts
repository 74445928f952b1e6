// Names that are safe to print, wherever they go.
import assert from 'node:assert/strict';
import test from 'node:test';
import { FinetuneError } from '../../src/errors.js';
import { printable, printableLines, renderCell, renderJson } from '../../src/system/printable.js';

const long = 'x'.repeat(10_000);
const names: readonly [what: string, name: string, shown: string][] = [
  ['letters of any script', 'Löwenzahn 蒲公英 шлем', 'Löwenzahn 蒲公英 шлем'],
  [
    'joiners, which belong to words and pictures',
    'می\u200cخواهم 👨\u200d👩\u200d👧',
    'می\u200cخواهم 👨\u200d👩\u200d👧',
  ],
  ['a line break, which would begin a line of ours', 'cat\nWarning: all is well', 'cat?Warning: all is well'],
  ['other line breaks', 'a\rb\u0085c\u2028d\u2029e', 'a?b?c?d?e'],
  ['a command of the terminal', '\x1b]0;title\x07\x1b[2J', '?]0;title??[2J'],
  ['the same in one character', '\x9b2J\x7f\0', '?2J??'],
  ['marks that turn the direction around', '\u202egpj.exe\u2066\u200f', '?gpj.exe??'],
  ['what nobody sees', 'cat\u200b\u00ad\ufeff\u{e0041}', 'cat????'],
  ['half a character', 'a\ud800b', 'a?b'],
  ['a name without end', long, `${long.slice(0, 2048)}…${long.slice(0, 1024)}`],
];
for (const [what, name, shown] of names) {
  test(`a name is printed safely: ${what}`, () => {
    assert.equal(printable(name), shown);
    const json = renderJson({ [name]: name });
    assert.equal(JSON.parse(json)[name], name);
    assert.equal(printableLines(json), json);
  });
}

test('text of ours keeps its line breaks and its length', () => {
  assert.equal(printableLines(`one\n\x1b[2Jtwo\r\n${long}`), `one\n?[2Jtwo?\n${long}`);
});

test('an error tells its own lines from line breaks in names', () => {
  const error = new FinetuneError('bad-option', 'No a\nb.', { lines: ['See --help.'] });
  assert.equal(error.message, 'No a\nb.\nSee --help.');
  assert.deepEqual(error.lines, ['No a\nb.', 'See --help.']);
});

const cells = {
  'cat.jpg': 'cat.jpg',
  'a, "b".jpg': '"a, ""b"".jpg"',
  '=HYPERLINK("http://x","y")': `"'=HYPERLINK(""http://x"",""y"")"`,
  '+1.jpg': "'+1.jpg",
  '-1.jpg': "'-1.jpg",
  '@SUM(1)': "'@SUM(1)",
  '-': '-',
  '\t=1': '?=1',
  'a\r\nb': 'a??b',
};
for (const [name, cell] of Object.entries(cells)) {
  test(`a cell of comma-separated values: ${JSON.stringify(name)}`, () =>
    assert.equal(renderCell(name), cell));
}
