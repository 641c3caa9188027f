/** A path in a container without the slashes at its end, which mean nothing there. */
export function mountPath(path: string): string {
  let end = path.length
  // a regular expression would look at each slash of a long row again from each of them
  while (end > 1 && path[end - 1] === '/') end--
  return path.slice(0, end)
}
