/** Runs tasks in their order, a number of them at a time. After a failure none is begun, and the failure is thrown when the others ended. */
export async function runTasks(tasks: readonly (() => Promise<void>)[], concurrency: number): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const worker = async () => {
    while (next < tasks.length && failures.length === 0) {
      const task = tasks[next++];
      try {
        await task?.();
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, tasks.length) }, worker));
  if (failures.length > 0) throw failures[0];
}
