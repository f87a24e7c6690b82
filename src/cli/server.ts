import axios, { type AxiosInstance } from 'axios';
import { readRun } from '../compose/own-files.ts';

/**
 * A client of the running server: `CARILLON_URL` and `CARILLON_TOKEN`, else what it wrote into its data folder.
 * @throws Error that says what to do where no server is known
 */
export const connect = async (environment: NodeJS.ProcessEnv = process.env): Promise<AxiosInstance> => {
  const run = await readRun(environment.CARILLON_DATA ?? '.carillon');
  const url = environment.CARILLON_URL ?? run?.url;
  const token = environment.CARILLON_TOKEN ?? run?.token;
  if (url === undefined) throw new Error('no running server is known here: start one, or set CARILLON_URL');
  if (token === undefined) throw new Error('no token is known: set CARILLON_TOKEN');
  return axios.create({
    baseURL: `${url}/_/scheduler`,
    headers: { Authorization: `Bearer ${token}` },
    adapter: 'http',
    proxy: false,
  });
};
