import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { ROOMS } from '../../../.dependency-cruiser.mjs';
import { DomainEvent, EXECUTION_STATUSES, OpenExecution, RunEvent } from '../../../src/domain/events/index.ts';

const root = path.join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const architecture = read('docs/architecture.md');
const glossary = read('docs/glossary.md');

const quotedIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, quoted = '']) => quoted);

/** The cells of each row of the table with these titles. */
const rowsOf = (document: string, titles: string): string[][] => {
  const table = document.slice(document.indexOf(titles)).split('\n\n', 1)[0] ?? '';
  return table
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
};

const sourceFiles = (): string[] =>
  readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `src/${file.replaceAll(path.sep, '/')}`);

const roomOf = (imported: string): string =>
  imported.startsWith('src/projections/queries/') ? 'projections/queries' : (imported.split('/')[1] ?? '');

const FOLDERS = [...Object.keys(ROOMS), 'cli', 'compose', 'testing'];

describe('docs/architecture.md', () => {
  it('names files and folders that are there', () => {
    const named = quotedIn(architecture).filter((each) => /^(src|packages|test|docs|scripts)\//.test(each));
    expect(named).to.have.length.above(60);
    expect(named.filter((each) => !existsSync(path.join(root, each)))).to.deep.equal([]);
  });

  it('states what each module may import, as the rules do', () => {
    const told = rowsOf(architecture, '| module | purpose | may import |').map(([room, , allowed = '']) => [
      room,
      quotedIn(allowed).toSorted(),
    ]);
    const ruled = Object.entries(ROOMS).map(([room, allowed]) => [room, [...new Set(allowed.map(roomOf))].toSorted()]);
    expect(Object.fromEntries(told)).to.deep.equal(Object.fromEntries(ruled));
  });

  it('has a place for each folder of src', () => {
    const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((each) => each.isDirectory());
    expect(folders.map(({ name }) => name)).to.have.members(FOLDERS);
  });

  it('states where each folder of src is tested', () => {
    const told = rowsOf(architecture, '| module | where its files are tested |').map(([room]) => room);
    expect(told).to.have.members(FOLDERS);
  });

  it('names every type of event, and no other, with its stream', () => {
    const told = rowsOf(architecture, '| stream | contents | events |').flatMap(([, , events = '']) =>
      quotedIn(events),
    );
    const types = DomainEvent.options.map(({ shape }) => shape.type.value);
    expect([...new Set(told)]).to.have.members(types);
  });

  describe('its diagrams of states', () => {
    const diagrams = [...architecture.matchAll(/```mermaid\nstateDiagram-v2\n(.*?)```/gs)].map(([, text = '']) => text);
    const [execution = '', engine = ''] = diagrams;
    const statesOf = (diagram: string): Set<string> =>
      new Set([...diagram.matchAll(/^ {2}(\w+) --> (\w+)/gm)].flatMap(([, from = '', to = '']) => [from, to]));

    it('have every state of an execution, and events of the stream of runs', () => {
      const states = [...OpenExecution.shape.state.options, ...EXECUTION_STATUSES];
      expect([...statesOf(execution)]).to.have.members([...new Set(states)]);
      const events = [...execution.matchAll(/--> \w+: (\w+)/g)].map(([, event]) => event);
      expect(RunEvent.options.map(({ shape }) => shape.type.value)).to.include.members(events);
    });

    it('have every state of an engine', () => {
      const [, names = ''] = /type StateName = ([^;]+);/.exec(read('src/engine/engine-state.ts')) ?? [];
      const states = [...names.matchAll(/'([^']+)'/g)].map(([, name = '']) => name.replace(' ', '_'));
      expect(states).to.have.length.above(5);
      expect([...statesOf(engine)]).to.have.members(states);
    });
  });
});

describe('docs/glossary.md', () => {
  const [terms = ''] = glossary.split('## Words with several meanings');
  const rows = [...terms.matchAll(/^\| (?!term |---)([^|]+) \| ([^|]+) \|([^|]*)\|$/gm)].map(
    ([, names = '', meaning = '', replaced = '']) => ({
      names: names.split(', '),
      meaning,
      replaced: quotedIn(replaced),
    }),
  );

  it('has one row for each term, with one sentence', () => {
    expect(rows).to.have.length.above(100);
    const names = rows.flatMap((row) => row.names);
    expect(names.filter((name, index) => names.indexOf(name) < index)).to.deep.equal([]);
    const sentence = /^[A-Z`][^.]*(?:\.\w[^.]*)*\.$/;
    expect(rows.filter(({ meaning }) => !sentence.test(meaning)).map(({ meaning }) => meaning)).to.deep.equal([]);
  });

  it('replaces no word by two terms, and none that is a term', () => {
    const replaced = rows.flatMap((row) => row.replaced);
    expect(replaced.filter((word, index) => replaced.indexOf(word) < index)).to.deep.equal([]);
    const names = rows.flatMap((row) => row.names);
    expect(replaced.filter((word) => names.includes(word))).to.deep.equal([]);
  });

  it('holds for types: no name is exported from two files', () => {
    const places = new Map<string, string[]>();
    for (const file of sourceFiles()) {
      for (const [, name = ''] of read(file).matchAll(/^export (?:type|class) ([A-Z]\w+)/gm)) {
        places.set(name, [...(places.get(name) ?? []), file]);
      }
    }
    expect([...places].filter(([, files]) => files.length > 1)).to.deep.equal([]);
  });
});

describe('test/unit', () => {
  const ELSEWHERE = ['bench', 'docs', 'ops', 'packages', 'scripts', 'support', 'ui'];
  const isThere = (tested: string): boolean => existsSync(`${tested}.ts`) || existsSync(tested);

  it('has each test if src has what it tests', () => {
    const tests = readdirSync(path.join(root, 'test/unit'), { recursive: true, encoding: 'utf8' });
    const astray = tests
      .filter((file) => file.endsWith('.test.ts') && !ELSEWHERE.includes(file.split(path.sep)[0] ?? ''))
      .filter((file) => !isThere(path.join(root, 'src', file.replace(/(\.[^./\\]+)?\.test\.ts$/, ''))));
    expect(astray).to.deep.equal([]);
  });
});
