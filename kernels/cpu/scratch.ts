const { max } = Math;

/** Memory that a kernel keeps between calls: at least as many numbers as asked for, holding whatever the last call left. */
export function scratch(): (count: number) => Float64Array {
  let memory = new Float64Array(0);
  return (count) => {
    if (memory.length < count) memory = new Float64Array(max(count, 2 * memory.length));
    return memory;
  };
}
