import { Axios, type AxiosAdapter } from 'axios';
import { type SendHopInput, sendHop, type TargetAnswer } from './send-hop.ts';

/**
 * An adapter for one request. What axios would do to it is left out: its bag of headers has methods that a header's
 * name may hide (`get`, `set`), and costs as much again as the rest. So headers and body go past it.
 */
const adapterFor =
  (input: SendHopInput): AxiosAdapter =>
  async (config) => {
    const answer: TargetAnswer = await sendHop(input);
    return { data: answer, status: answer.status, statusText: '', headers: {}, config };
  };

/** axios over undici. Redirects, deadlines, proxies and decoding are the call's own, so all of axios's are off. */
export const axiosClient = (): ((input: SendHopInput) => Promise<TargetAnswer>) => {
  const axios = new Axios({
    maxRedirects: 0,
    proxy: false,
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  });
  return async (input) => {
    const { url, method } = input.hop;
    const { data } = await axios.request<TargetAnswer>({ url: url.href, method, adapter: adapterFor(input) });
    return data;
  };
};
