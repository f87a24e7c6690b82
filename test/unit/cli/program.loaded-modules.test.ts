import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

/** Prints the files that are loaded by a command, each as it is loaded. */
const SPY = `
  import { registerHooks } from 'node:module';
  registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) console.error(url); return next(url, context); } });
`;
const MAIN = new URL('../../../src/main.ts', import.meta.url);

describe('what a command loads', () => {
  /** The packages that it loads, and how many files, with nobody at the address of its server. */
  const loadedBy = async (...words: readonly string[]) => {
    const spy = `data:text/javascript,${encodeURIComponent(SPY)}`;
    const env = { ...process.env, CARILLON_SERVER: 'http://127.0.0.1:9', CARILLON_TOKEN: 'none' };
    const { stderr } = await run(process.execPath, ['--import', spy, MAIN.pathname, ...words], { env }).catch(
      (error: { readonly stderr: string }) => error,
    );
    const files = stderr.split('\n').filter((line) => line.startsWith('file:'));
    expect(stderr, words.join(' ')).to.include('ECONNREFUSED');
    return {
      files: files.length,
      packages: new Set(files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.slice(1) ?? [])),
    };
  };

  it('is the words of all commands, what it needs itself, and no package but the one that reads words', async () => {
    const verbs = [
      ['jobs', 'list'],
      ['explain', 'crm/pay', '--slot', '2026-03-29T02:30:00Z'],
    ];
    for (const { files, packages } of await Promise.all(verbs.map((words) => loadedBy(...words)))) {
      expect([...packages]).to.deep.equal(['commander']);
      expect(files).to.be.below(55);
    }
  });
});
