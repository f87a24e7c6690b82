import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { slowConnections } from '../../src/testing/quiet.ts';

export type MailServer = {
  readonly port: number;
  readonly received: readonly ParsedMail[];
  /** Resolves when `count` mails in all have been received. */
  receivedAll(count: number): Promise<void>;
  /** Rejects every mail from now on, or takes them again. */
  reject(reply: string | undefined): void;
  close(): Promise<void>;
};

/** A local mail server that stores received mails, for users with the right password. */
export const startMailServer = async (account: { user: string; password: string }): Promise<MailServer> => {
  const received: ParsedMail[] = [];
  let waiting: { readonly count: number; readonly tell: () => void }[] = [];
  let rejection: string | undefined;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === account.user && password === account.password;
      done(isRight ? undefined : new Error('wrong password'), isRight ? { user: username } : undefined);
    },
    onRcptTo: (_address, _session, done) => {
      done(rejection === undefined ? undefined : Object.assign(new Error(rejection), { responseCode: 450 }));
    },
    onData: (stream, _session, done) => {
      simpleParser(stream).then((mail) => {
        received.push(mail);
        done(null, '250 taken');
        waiting = waiting.filter(({ count, tell }) => {
          if (received.length >= count) tell();
          return received.length < count;
        });
      }, done);
    },
  });
  server.on('error', () => {});
  server.server.on('connection', (socket) => {
    slowConnections.add(socket);
    socket.once('close', () => slowConnections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    received,
    receivedAll: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((tell) => {
            waiting.push({ count, tell });
          }),
    reject: (reply) => {
      rejection = reply;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
