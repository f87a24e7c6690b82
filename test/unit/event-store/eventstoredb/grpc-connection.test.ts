import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type GrpcConnection, openGrpcConnection } from '../../../../src/event-store/eventstoredb/grpc-connection.ts';
import { protoWriter } from '../../../../src/event-store/eventstoredb/protobuf.ts';

const framed = (text: string): Buffer => {
  const writer = protoWriter();
  writer.raw(Buffer.from(text));
  return writer.framed();
};

describe('a connection of gRPC', () => {
  let server: Http2Server;
  let connection: GrpcConnection;
  let serve: (stream: ServerHttp2Stream) => void;
  beforeEach(async () => {
    server = createServer();
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      serve(stream);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const address = `127.0.0.1:${port}`;
    connection = openGrpcConnection({ address, tls: undefined, keepAliveMs: 10_000, keepAliveTimeoutMs: 10_000 });
  });
  afterEach(async () => {
    connection.destroy();
    server.close();
  });

  /** What came of a call, once it has ended. */
  const called = async (...messages: readonly string[]) => {
    const came: string[] = [];
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    const call = connection.open({
      path: '/x',
      headers: {},
      by: 'turn',
      onMessages: (arrived) => came.push(...arrived.map(String)),
      onEnd: resolve,
    });
    for (const message of messages) call.send(framed(message));
    return { came, error: await promise };
  };

  it('sends messages in their order, and puts together what comes in pieces', async () => {
    const received: Buffer[] = [];
    serve = (stream) => {
      stream.on('data', (chunk: Buffer) => {
        received.push(chunk);
        if (Buffer.concat(received).length < 12) return;
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        const answer = Buffer.concat([framed('one'), framed('x'.repeat(100_000)), framed('')]);
        for (let at = 0; at < answer.length; at += 33_333) stream.write(answer.subarray(at, at + 33_333));
        stream.end();
      });
    };
    const { came, error } = await called('a', 'b');
    expect(Buffer.concat(received)).to.deep.equal(Buffer.concat([framed('a'), framed('b')]));
    expect(came).to.deep.equal(['one', 'x'.repeat(100_000), '']);
    expect(error).to.equal(undefined);
  });

  it('tells with what a call failed, as the client of the log expects it', async () => {
    serve = (stream) =>
      stream.respond(
        { ':status': 200, 'grpc-status': '5', 'grpc-message': 'no%20leader', exception: 'not-leader' },
        { endStream: true },
      );
    const { error } = await called('a');
    expect(error).to.include({ code: 5, details: 'no leader', message: '5 NOT_FOUND: no leader' });
    expect(error)
      .to.have.property('metadata')
      .that.satisfies((metadata: { get(name: string): unknown[] }) => metadata.get('exception').includes('not-leader'));
  });

  it('fails a call without a status by what ended it', async () => {
    serve = (stream) => stream.respond({ ':status': 401 }, { endStream: true });
    expect((await called('a')).error).to.include({ code: 16 });
    serve = (stream) => stream.close(2);
    expect((await called('a')).error).to.include({ code: 13 });
    serve = (stream) => stream.session?.destroy();
    expect((await called('a')).error).to.include({ code: 14 });
  });

  it('connects anew for the next call', async () => {
    serve = (stream) => stream.session?.destroy();
    await called('a');
    serve = (stream) => stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    expect((await called('a')).error).to.equal(undefined);
  });
});
