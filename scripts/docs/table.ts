/** A table in Markdown. A bar in a cell would end it. */
export const table = (titles: readonly string[], rows: Iterable<readonly string[]>): string =>
  [titles, titles.map(() => '---'), ...[...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
