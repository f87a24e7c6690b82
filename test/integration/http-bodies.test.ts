import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { holdBodiesBack } from '../../src/http/expectations.ts';
import { testApp, tokenFor } from '../support/http.ts';

const JOBS = '/_/scheduler/jobs';
const BEARER = `Authorization: Bearer ${tokenFor()}`;

describe('bodies', () => {
  let server: Server;
  let port = 0;
  const sockets: Socket[] = [];

  before(async () => {
    const { app } = testApp();
    server = createServer(app);
    holdBodiesBack(server, app);
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

  /** Sends a head, and no byte of the body that it announces; resolves once this was answered. */
  const answered = (head: readonly string[], pattern: RegExp): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write(`${[...head, 'Host: a', 'Content-Type: application/json'].join('\r\n')}\r\n\r\n`);
    let text = '';
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (pattern.test(text)) resolve(socket);
      });
    });
  };

  it('are refused by their Content-Length before they are read', async () => {
    await answered([`POST ${JOBS} HTTP/1.1`, BEARER, 'Content-Length: 300000'], /^HTTP.1.1 413 [\s\S]*BODY_TOO_LARGE/);
    const zipped = 'Content-Encoding: gzip';
    await answered([`POST ${JOBS} HTTP/1.1`, BEARER, zipped, 'Content-Length: 300000'], /^HTTP.1.1 413 /);
    await answered([`POST ${JOBS} HTTP/1.1`, 'Content-Length: 300000'], /^HTTP.1.1 401 /);
  });

  it('are asked for only where they will be read, of a client that waits to be asked', async () => {
    const waits = 'Expect: 100-continue';
    await answered([`POST ${JOBS} HTTP/1.1`, BEARER, waits, 'Content-Length: 300000'], /^HTTP.1.1 413 /);
    await answered([`POST ${JOBS} HTTP/1.1`, waits, 'Content-Length: 2'], /^HTTP.1.1 401 /);
    const socket = await answered([`POST ${JOBS} HTTP/1.1`, BEARER, waits, 'Content-Length: 2'], /^HTTP.1.1 100 /);
    const rest = once(socket, 'data');
    socket.write('{}');
    expect(String((await rest)[0])).to.match(/^HTTP.1.1 201 /);
  });

  it('are let in unread after a refusal, so that it is read, but not without end', async () => {
    const socket = await answered([`POST ${JOBS} HTTP/1.1`, 'Content-Length: 1000000000'], /^HTTP.1.1 401 /);
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
