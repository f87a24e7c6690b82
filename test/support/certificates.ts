import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TLSSocket } from 'node:tls';

export type Pair = { readonly certificate: string; readonly key: string };

/** An authority, and a certificate that it gives to `name`. */
export type Authority = Pair & {
  issue(name: string, options?: { readonly days?: number }): Pair;
  /** Removes its files. */
  remove(): void;
};

const openssl = (directory: string, ...args: string[]): void => {
  execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
};
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Creates an authority with `openssl`. Its certificates are valid for a year by default. */
export const makeAuthority = (name: string): Authority => {
  const directory = mkdtempSync(path.join(tmpdir(), 'carillon-certificates-'));
  const read = (file: string): string => readFileSync(path.join(directory, file), 'utf8');
  openssl(
    directory,
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '365',
    '-subj',
    `/CN=${name}`,
  );
  let issued = 0;
  return {
    certificate: read('ca.pem'),
    key: read('ca.key'),
    issue: (subject, { days = 365 } = {}) => {
      const file = `issued-${++issued}`;
      const san = `subjectAltName=DNS:${subject},IP:127.0.0.1`;
      openssl(
        directory,
        'req',
        ...KEY,
        '-keyout',
        `${file}.key`,
        '-out',
        `${file}.csr`,
        '-subj',
        `/CN=${subject}`,
        '-addext',
        san,
      );
      const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
      openssl(
        directory,
        'x509',
        '-req',
        '-in',
        `${file}.csr`,
        ...signing,
        '-days',
        String(days),
        '-out',
        `${file}.pem`,
      );
      return { certificate: read(`${file}.pem`), key: read(`${file}.key`) };
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
};

/** A TLS target that accepts only clients with a certificate of the authority. */
export type TlsTarget = {
  readonly port: number;
  readonly origin: string;
  /** The subjects of the clients that called, oldest first. */
  readonly clients: readonly string[];
  close(): Promise<void>;
};

export const startTlsTarget = async (server: Pair, clients: Authority, location?: string): Promise<TlsTarget> => {
  const seen: string[] = [];
  const listening = createServer(
    { cert: server.certificate, key: server.key, ca: clients.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { socket } = request;
      if (socket instanceof TLSSocket) seen.push(String(socket.getPeerCertificate().subject.CN));
      if (location === undefined) response.end('{"ok": true}');
      else response.writeHead(302, { location }).end();
    },
  );
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return {
    port,
    origin: `https://127.0.0.1:${port}`,
    clients: seen,
    close: async () => {
      listening.closeAllConnections();
      await new Promise((resolve) => listening.close(resolve));
    },
  };
};
