// What a schema finds wrong, in words.

import { type BaseIssue, getDotPath } from 'valibot';

/**
 * The first thing that is wrong with a value.
 * @param issues of a schema
 * @returns the place and what is wrong there, e.g. `resize.method: Invalid type: ...`
 */
export function describeIssue([issue]: readonly [BaseIssue<unknown>, ...BaseIssue<unknown>[]]): string {
  const place = getDotPath(issue);
  return place === null ? issue.message : `${place}: ${issue.message}`;
}
