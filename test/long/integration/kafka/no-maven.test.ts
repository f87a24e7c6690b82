import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const MAVEN = `#!/bin/sh
echo '[INFO] Downloaded from central: https://repo.example.com/org/slf4j/slf4j-simple-1.7.36.jar (15 kB at 2 MB/s)'
echo '[ERROR] no route to the rest'
exit 1
`;

describe('a Maven that reaches no repository', () => {
  let folder: string;
  /** Runs a program where only this Maven could fetch Kafka. */
  const runThere = (...args: readonly string[]) =>
    run(process.execPath, args, { cwd: folder, env: { PATH: `${folder}:${process.env.PATH}` } });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-maven-'));
    for (const [name, text] of Object.entries({ mvn: MAVEN, java: '#!/bin/sh\n' })) {
      await writeFile(path.join(folder, name), text);
      await chmod(path.join(folder, name), 0o755);
    }
  });
  after(() => rm(folder, { recursive: true }));

  it('is reported of by npm run kafka, after what was fetched', async () => {
    const { code, stdout, stderr } = await runThere(path.resolve('scripts/kafka.ts')).then(
      () => expect.fail('it starts'),
      (error) => error,
    );
    expect([code, stdout]).to.deep.equal([
      1,
      'Fetching Kafka with Maven, once: 45 jars, 44 MB …\n  slf4j-simple-1.7.36.jar (15 kB at 2 MB/s)\n',
    ]);
    expect(stderr).to.match(/^Maven could not fetch Kafka: [^\n]+ It said: \[ERROR\] no route to the rest\n$/);
  });

  it('has the tests skipped that need Kafka, and their hooks with them', async () => {
    const tests = path.resolve('test/long/integration/kafka/moved-log.test.ts');
    const { stdout } = await runThere(path.resolve('node_modules/mocha/bin/mocha.js'), '--no-config', tests);
    expect(stdout).to.contain('SKIPPED: the publisher of a log that was moved').and.contain('1 pending');
  });
});
