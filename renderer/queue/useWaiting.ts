import { isActive, useJobs } from './jobs.ts';

/** How many jobs stand before the next one; the composer says so. */
export function useWaiting(): number {
  return useJobs((state) => state.list.filter(isActive).length);
}
