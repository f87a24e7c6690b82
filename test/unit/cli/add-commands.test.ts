import { expect } from 'chai';
import { wordsFirst } from '../../../src/cli/add-commands.ts';
import { program } from '../../../src/cli/program.ts';

describe('options before the words of a command', () => {
  const ordered = (line: string) => wordsFirst(line.split(' '), program).join(' ');

  it('come after these, each with its value', () => {
    expect(ordered('--json jobs list')).to.equal('jobs list --json');
    expect(ordered('--server jobs jobs --token=list list --limit 5')).to.equal(
      'jobs list --server jobs --token=list --limit 5',
    );
    expect(ordered('--from 2026-01-01T00:00:00Z audit explain')).to.equal('audit explain --from 2026-01-01T00:00:00Z');
  });

  it('stay where they are in a line that names no command, or only requests help', () => {
    for (const line of ['--version', 'help jobs', 'nothing --json', '-- jobs list', 'jobs nothing list']) {
      expect(ordered(line)).to.equal(line);
    }
  });
});
