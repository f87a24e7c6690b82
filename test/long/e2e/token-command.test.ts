import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { passableTempDir } from '../../support/temp-dir.ts';

const run = promisify(execFile);
const SECRET = 'a secret of at least thirty-two bytes';

describe('carillon token', () => {
  let dataDir: string;
  before(async () => {
    dataDir = await passableTempDir('carillon-token-');
  });
  after(() => rm(dataDir, { recursive: true }));

  const mint = (settings: Readonly<Record<string, string>>, ...words: string[]) =>
    run(process.execPath, [path.resolve('src/main.ts'), 'token', '--sub', 'ci', ...words], {
      env: { PATH: process.env.PATH ?? '', CARILLON_DATA: dataDir, ...settings },
    });
  const complaint = async (settings: Readonly<Record<string, string>>, ...words: string[]): Promise<unknown> =>
    mint(settings, ...words).then(
      () => expect.fail('it signs'),
      ({ code, stderr }) => `${code}: ${stderr}`,
    );

  it('prints a token alone, with issuer and audience of the settings', async () => {
    const settings = { JWT_SECRET: SECRET, JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: 'carillon' };
    const words = ['--permissions', 'scheduler:jobs:read,scheduler:jobs:write', '--tenant', 'acme', '--expires', '12h'];
    const { stdout } = await mint(settings, ...words);
    expect(stdout).to.match(/^\S+\n$/);
    const { iat = 0, ...claims } = Object(jwt.verify(stdout.trim(), SECRET, { algorithms: ['HS256'] }));
    expect(claims).to.deep.equal({
      sub: 'ci',
      permissions: ['scheduler:jobs:read', 'scheduler:jobs:write'],
      tenant: 'acme',
      iss: 'https://id.example.com',
      aud: 'carillon',
      exp: iat + 12 * 3_600,
    });
  });

  it('is for the server of this data folder in development mode, the same secret each time', async () => {
    const words = ['--permissions', 'scheduler:admin'];
    const [first, second] = [await mint({}, ...words), await mint({}, ...words)];
    const { jwtSecret } = JSON.parse(await readFile(path.join(dataDir, 'development-secrets.json'), 'utf8'));
    for (const { stdout } of [first, second]) expect(jwt.verify(stdout.trim(), jwtSecret)).to.include({ sub: 'ci' });
  });

  it('states what is wrong in one line', async () => {
    const admin = ['--permissions', 'scheduler:admin'];
    const production = { DATABASE_URL: 'postgres://carillon@db/carillon' };
    expect(await complaint(production, ...admin)).to.equal(
      "2: carillon: JWT_SECRET is not set. Set it to the server's value.\n",
    );
    expect(await complaint({}, '--permissions', 'jobs:read')).to.contain(
      '"jobs:read" is unknown. Use one or more of scheduler:jobs:read,',
    );
    expect(await complaint({}, ...admin, '--expires', 'soon')).to.contain('--expires must be a duration');
    expect(await complaint({ JWT_JWKS_URL: 'https://id.example.com/keys' }, ...admin)).to.contain(
      'Request a token there',
    );
  });
});
