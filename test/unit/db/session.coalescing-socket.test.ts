import { once } from 'node:events';
import net from 'node:net';
import { expect } from 'chai';
import { CoalescingSocket } from '../../../src/db/session.ts';

describe('coalescing socket', () => {
  let server: net.Server;
  let chunks: string[];
  let socket: CoalescingSocket;
  let ended: Promise<unknown>;
  beforeEach(async () => {
    chunks = [];
    server = net.createServer((peer) => {
      peer.on('data', (chunk) => chunks.push(chunk.toString()));
      ended = once(peer, 'end');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    socket = new CoalescingSocket();
    const connected = [once(socket, 'connect'), once(server, 'connection')];
    socket.connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
    await Promise.all(connected);
  });
  afterEach(() => server.close());

  it('sends what is written in one turn at the same time, and reports each write', async () => {
    const written: string[] = [];
    socket.write('a', () => written.push('a'));
    expect(socket.writableLength).to.equal(1);
    socket.cork();
    socket.write('b', 'utf8', () => written.push('b'));
    socket.uncork();
    await Promise.resolve();
    socket.write(Buffer.from('c'));
    expect(socket.writableLength).to.equal(3);
    socket.end();
    await ended;
    expect(chunks).to.deep.equal(['abc']);
    expect(written).to.deep.equal(['a', 'b']);
  });

  it('keeps the order over turns, and what is left when it ends', async () => {
    socket.write('a');
    await new Promise((resolve) => socket.write('b', resolve));
    socket.write('c');
    socket.end('d');
    await ended;
    expect(chunks.join('')).to.equal('abcd');
  });
});
