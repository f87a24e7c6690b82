import { on, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { deferRequestBodies } from '../../src/http/body.ts';
import { fakeCommands, testApp, tokenFor } from '../support/http.ts';

const JOBS = '/_/scheduler/jobs';
const BEARER = `Authorization: Bearer ${tokenFor()}`;

describe('bodies', () => {
  let server: Server;
  let port = 0;
  let created = 0;
  const sockets: Socket[] = [];

  before(async () => {
    const { app } = testApp({
      commands: {
        createJob: async (context, input) => {
          created += 1;
          return fakeCommands.createJob(context, input);
        },
      },
    });
    server = createServer(app);
    deferRequestBodies(server, app);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  /** Sends a head, and so much of the body that it announces; resolves once it was answered by this status. */
  const responded = async (
    head: readonly string[],
    status: number,
    body = '',
  ): Promise<{ socket: Socket; text: string }> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write(`${[...head, 'Host: a', 'Content-Type: application/json'].join('\r\n')}\r\n\r\n${body}`);
    let text = '';
    for await (const [chunk] of on(socket, 'data', { close: ['end', 'close'] })) {
      text += chunk.toString('latin1');
      if (status === 100 || text.trimEnd().endsWith('}')) break;
    }
    expect(text).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
    return { socket, text };
  };
  const POST = `POST ${JOBS} HTTP/1.1`;

  it('are rejected by their Content-Length before they are read', async () => {
    expect((await responded([POST, BEARER, 'Content-Length: 300000'], 413)).text).to.contain('BODY_TOO_LARGE');
    await responded([POST, BEARER, 'Content-Encoding: gzip', 'Content-Length: 300000'], 413);
    await responded([POST, 'Content-Length: 300000'], 401);
    expect(created).to.equal(0);
  });

  it('are rejected as they grow too large, of a client that does not state how large they are', async () => {
    const chunk = `${(200_000).toString(16)}\r\n${' '.repeat(200_000)}\r\n`;
    const { text } = await responded([POST, BEARER, 'Transfer-Encoding: chunked'], 413, chunk + chunk);
    expect(text).to.contain('BODY_TOO_LARGE');
    expect(created).to.equal(0);
  });

  it('are requested with 100-continue only if they will be read', async () => {
    const waits = 'Expect: 100-continue';
    await responded([POST, BEARER, waits, 'Content-Length: 300000'], 413);
    await responded([POST, waits, 'Content-Length: 2'], 401);
    const { socket } = await responded([POST, BEARER, waits, 'Content-Length: 2'], 100);
    const rest = once(socket, 'data');
    expect(created).to.equal(0);
    socket.write('{}');
    expect(String((await rest)[0])).to.match(/^HTTP.1.1 201 /);
    expect(created).to.equal(1);
  });

  it('are let in unread after a rejection, so that it is read, but not without end', async () => {
    const { socket } = await responded([POST, 'Content-Length: 1000000000'], 401);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    const chunk = Buffer.alloc(1_024 * 1_024);
    let sent = 0;
    const send = (): void => {
      sent += 1;
      if (!socket.destroyed && sent < 200) socket.write(chunk, send);
    };
    send();
    await closed;
    expect(sent).to.be.within(8, 100);
  });
});
