import { expect } from 'chai';
import { startCannedServer } from '../../support/canned-server.ts';
import { runCarillon } from '../../support/carillon.ts';

const JOBS = '/_/scheduler/jobs';
const busy = (seconds: number) => ({
  status: 429,
  headers: { 'Retry-After': String(seconds) },
  body: { code: 'TOO_MANY_REQUESTS', detail: '600 a minute are allowed' },
});

describe('requests of the command line', () => {
  const listed = async (...responses: Parameters<typeof startCannedServer>[0][string]) => {
    const server = await startCannedServer({ [JOBS]: responses });
    try {
      const env = { CARILLON_SERVER: server.url, CARILLON_TOKEN: 't' };
      return { ...(await runCarillon({ env }, 'jobs', 'list')), times: server.asked(JOBS) };
    } finally {
      await server.close();
    }
  };

  it('receives a request again after Retry-After', async () => {
    const { code, err, times } = await listed(busy(0), busy(0), { body: [] });
    expect({ code, times }).to.deep.equal({ code: 0, times: 3 });
    expect(err).to.equal('carillon: Rate limited; retrying in 0 s\n'.repeat(2));
  });

  it('is not waited for longer than five minutes', async () => {
    const { code, err, times } = await listed(busy(301));
    expect({ code, times }).to.deep.equal({ code: 2, times: 1 });
    expect(err).to.equal('carillon: TOO_MANY_REQUESTS: 600 a minute are allowed\n  Try again in 301 s.\n');
  });

  it('has its warnings shown as they were meant', async () => {
    const headers = { 'Carillon-Warning': '"Z%C3%BCrich \\"x\\"", "100% of a%2541"' };
    const { code, err } = await listed({ headers, body: [] });
    expect(code).to.equal(0);
    expect(err).to.equal('carillon: warning: Zürich "x"\ncarillon: warning: 100% of a%41\n');
  });

  it('is distinguished from a server of another kind, and from one of another release', async () => {
    expect((await listed({ body: '<html>Welcome</html>' })).err).to.include('is not from a Carillon server');
    expect((await listed({ status: 302, headers: { Location: '/elsewhere' } })).err).to.include(
      'The response (HTTP 302)',
    );
    expect((await listed({ body: [{ id: 1, title: 'of release 9' }] })).err).to.equal(
      "carillon: The server's response has an unknown form: its version probably differs. To compare versions: `carillon doctor`. To see the response: --json.\n",
    );
  });
});
