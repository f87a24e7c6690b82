export { isPublicAddress, judgeAddress } from './judge-address.ts';
export { checkTarget, judgeAddresses, judgeUrl, type Resolve, type ResolveFor } from './judge-url.ts';
export { parsePortRanges, parseTargetEntries, parseTargetPolicy, type TargetPolicy } from './policy.ts';
export { TargetRefused } from './refused.ts';
export {
  boundOrigin,
  boundOriginOfClient,
  CALL_HEADER,
  destinationsOfSecret,
  isHostHeader,
  isUnsentHeader,
  mayNotGo,
  movableDestination,
  namesOfTarget,
  parseTargetName,
  refusedOrigin,
  secretDestinations,
  staticOrigin,
  TargetName,
  targetNames,
  targetUrl,
} from './target-url.ts';
