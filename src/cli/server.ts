import axios, { type AxiosInstance } from 'axios';
import { type RunFile, readRunFile } from '../compose/own-files.ts';

type Access = { readonly url: string; readonly token: string };

/**
 * A client of a running server: of the one that `CARILLON_URL` names, with `CARILLON_TOKEN`; else of the one that wrote
 * its address and token into the data folder. It follows no redirect.
 * @throws Error that says what to do where a server or a token for it is not known
 */
export const connect = async (environment: NodeJS.ProcessEnv = process.env): Promise<AxiosInstance> => {
  const { url, token } = accessOf(environment, await readRunFile(environment.CARILLON_DATA ?? '.carillon'));
  return axios.create({
    baseURL: `${url}/_/scheduler`,
    headers: { Authorization: `Bearer ${token}` },
    adapter: 'http',
    proxy: false,
    maxRedirects: 0,
  });
};

/**
 * A token goes only to where it belongs. The data folder may have come with somebody else's repository: an address in
 * it gets no token of the environment, and a token in it goes to no other address.
 */
const accessOf = (environment: NodeJS.ProcessEnv, run: RunFile | undefined): Access => {
  const { CARILLON_URL: url, CARILLON_TOKEN: token } = environment;
  if (url === undefined) {
    if (token !== undefined) throw new Error('CARILLON_TOKEN is set: set CARILLON_URL too, to say where it belongs');
    if (run === undefined) throw new Error('no running server is known here: start one, or set CARILLON_URL');
    if (run.token === undefined) {
      throw new Error(`no token is known for ${run.url}: set CARILLON_URL and CARILLON_TOKEN`);
    }
    return { url: run.url, token: run.token };
  }
  if (!URL.canParse(url)) throw new Error('CARILLON_URL must be a URL, such as https://jobs.example.com');
  if (token !== undefined) return { url: withoutEnd(url), token };
  if (run?.token === undefined || new URL(url).origin !== new URL(run.url).origin) {
    throw new Error(`no token is known for ${url}: set CARILLON_TOKEN`);
  }
  return { url: withoutEnd(url), token: run.token };
};

const withoutEnd = (url: string): string => url.replace(/\/+$/, '');
