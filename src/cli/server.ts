import { Readable } from 'node:stream';
import axios, { type AxiosInstance } from 'axios';
import { z } from 'zod';
import { type RunFile, readRunFile } from '../compose/own-files.ts';
import { parseJsonAs } from '../runtime/json.ts';

type Access = { readonly url: string; readonly token: string };

/** Options of every command that talks to a running server. */
export type ServerOptions = { readonly server?: string; readonly token?: string };

/**
 * Creates a client of a running server: the one that the options name, else `CARILLON_SERVER` with `CARILLON_TOKEN`, or
 * else the one that wrote `run.json` in the data folder. It follows no redirects.
 * @throws Error that says what to do where the server or its token is not known
 */
export const connect = async (
  options: ServerOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<AxiosInstance> => {
  const named = {
    url: options.server ?? environment.CARILLON_SERVER,
    token: options.token ?? environment.CARILLON_TOKEN,
  };
  const { url, token } = accessOf(named, await readRunFile(environment.CARILLON_DATA ?? '.carillon'));
  return axios.create({
    baseURL: `${url}/_/scheduler`,
    headers: { Authorization: `Bearer ${token}` },
    adapter: 'http',
    proxy: false,
    maxRedirects: 0,
  });
};

type NamedAccess = { readonly url: string | undefined; readonly token: string | undefined };

/**
 * Keeps a token with its own address. The data folder may come from somebody else's repository, so its address never
 * gets a token that was named here, and its token is never sent to another origin.
 */
const accessOf = ({ url, token }: NamedAccess, run: RunFile | undefined): Access => {
  if (url === undefined) {
    if (token !== undefined) throw new Error('a token is given: set CARILLON_SERVER too, to say where it belongs');
    if (run === undefined) throw new Error('no running server is known here: start one, or set CARILLON_SERVER');
    if (run.token === undefined) {
      throw new Error(`no token is known for ${run.url}: set CARILLON_SERVER and CARILLON_TOKEN`);
    }
    return { url: run.url, token: run.token };
  }
  if (!URL.canParse(url)) throw new Error('CARILLON_SERVER must be a URL, such as https://jobs.example.com');
  if (token !== undefined) return { url: withoutEnd(url), token };
  if (run?.token === undefined || new URL(url).origin !== new URL(run.url).origin) {
    throw new Error(`no token is known for ${url}: set CARILLON_TOKEN`);
  }
  return { url: withoutEnd(url), token: run.token };
};

const withoutEnd = (url: string): string => url.replace(/\/+$/, '');

const Problem = z.object({ detail: z.string() });

/**
 * Asks a running server for an answer that is read while it is sent.
 * @throws Error with what the server says where it refuses
 */
export const askStreamed = async (options: ServerOptions, path: string, params: object = {}): Promise<Readable> => {
  const server = await connect(options);
  const { status, data } = await server.get(path, {
    params,
    responseType: 'stream',
    decompress: false,
    headers: { 'Accept-Encoding': 'identity' },
    validateStatus: () => true,
    maxContentLength: Number.POSITIVE_INFINITY,
  });
  if (!(data instanceof Readable)) throw new Error('the server gave no stream');
  if (status === 200) return data;
  const problem = parseJsonAs(Problem, Buffer.concat(await data.toArray()).toString());
  throw new Error(problem?.detail ?? `the server answered ${status}`);
};

/** Why a change is made, for the audit. */
export const reasonHeader = (reason: string | undefined): Readonly<Record<string, string>> =>
  reason === undefined ? {} : { 'Carillon-Reason': encodeURIComponent(reason) };
