import { Axios, type AxiosAdapter } from 'axios';
import { type SendHopInput, sendHop, type TargetAnswer } from './send-hop.ts';

/**
 * Makes an axios adapter for one request. Headers and body bypass axios: its `AxiosHeaders` has methods that a header
 * named `get` or `set` would hide, and it takes as long as the rest of the call.
 */
const adapterFor =
  (input: SendHopInput): AxiosAdapter =>
  async (config) => {
    const answer: TargetAnswer = await sendHop(input);
    return { data: answer, status: answer.status, statusText: '', headers: {}, config };
  };

/**
 * Makes an axios client over undici. This folder handles redirects, timeouts, proxies and decoding, so axios's are off.
 */
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
