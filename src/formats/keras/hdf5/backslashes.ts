// Keras on Windows wrote `layers\conv2d` as one name where it meant a group in a group.

import type { Hdf5File } from './file.js';

/** The file with such names read as paths; any other file as it is. */
export function withSlashes(file: Hdf5File): Hdf5File {
  const names = file.children('/').filter(name => name.includes('\\'));
  if (names.length === 0) return file;
  const groups = new Map(names.map(name => [`/${name.replaceAll('\\', '/')}`, `/${name}`]));
  /** The path as the file has it. */
  const actual = (path: string) => {
    const owner = [...groups.keys()].filter(group => path === group || path.startsWith(`${group}/`)).at(0);
    return owner === undefined ? path : `${groups.get(owner)}${path.slice(owner.length)}`;
  };
  const below = (path: string) => [...groups.keys()].filter(group => group.startsWith(`${path}/`));
  const children = (path: string) => {
    const nested = below(path).map(group => group.slice(path.length + 1).split('/')[0] ?? '');
    const own = file.kindOf(actual(path)) === 'group' ? file.children(actual(path)) : [];
    return [...new Set([...nested, ...own])];
  };
  return {
    label: file.label,
    kindOf: path => file.kindOf(actual(path)) ?? (below(path).length > 0 ? 'group' : undefined),
    children,
    hasAttribute: (path, name) =>
      file.kindOf(actual(path)) !== undefined && file.hasAttribute(actual(path), name),
    attribute: (path, name) => file.attribute(actual(path), name),
    dataset: path => file.dataset(actual(path)),
    readBlock: (info, offset, count) => file.readBlock(info, offset, count),
  };
}
