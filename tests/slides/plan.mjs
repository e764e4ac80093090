// What the lecture promises, slide by slide: its heading, its minutes, and what
// has to be on it. A slide that is renamed, moved or loses its demo is a change
// of the lecture, so it is made here, too.
//
// hook: code N regions, replay N, vote; show: a replay, figure or output. What
// is right in a vote is measured; `truth` is what its choices and reasons were
// written for.
export const plan = [
  ["callers", "One thread, many callers", 2],
  ["as-a-client", "The greeter, as a client sees it", 2, {replay: 1}],
  ["silent-vote", "Three silent clients: how many tasks?", 4,
   {vote: 1, truth: "4"}],
  ["silent-drawn", "The answer, drawn", 3, {replay: 1}],
  ["task", "Task = one top-level future", 3],
  ["nested", "Futures inside futures", 4, {replay: 1}],
  ["future-in-c", "A future in C", 4, {code: 1}],
  ["next-vote", "Who is polled next?", 4, {vote: 1, truth: "Alan"}],
  ["contract", "Ready and Pending, the contract", 3],
  ["switch", "Greeter as a switch", 5, {code: 1}],
  ["order", "Put the poll in order", 5, {exercise: "05"}],
  ["wakers", "Wakers: who remembers me?", 4, {replay: 1}],
  ["turn", "One turn of the loop", 5, {replay: 1}],
  ["minute-paper", "One-minute paper", 2],
  ["be-the-executor", "Be the executor", 5, {replay: 1, exercise: "03"}],
  ["await-spawn-join", "Await, spawn, join", 4, {code: 3, show: 3}],
  ["sleeps-vote", "Two sleeps: how long?", 4, {vote: 1, truth: "5 s"}],
  ["handles", "Handles and results", 4, {replay: 1, exercise: "15"}],
  ["symptoms", "Symptoms as pictures", 2, {show: 4}],
  ["lost-wake", "Lost wake", 5, {replay: 1, exercise: "10"}],
  ["stale-busy", "Stale and busy wakes", 4, {replay: 2, exercise: "11"}],
  ["blocking", "Blocking the executor", 5, {replay: 1, exercise: "12"}],
  ["after-ready", "Poll after ready", 3, {replay: 1, exercise: "13"}],
  ["cancel", "Cancel is control flow", 4],
  ["bytes-vote", "Where did the bytes go?", 6,
   {vote: 1, truth: "3", exercise: "14"}],
  ["timer-races", "Timer races", 4, {replay: 1, exercise: "16"}],
  ["inherited", "The handler we inherited", 3, {code: 1}],
  ["must-not-change", "What must not change", 4, {show: 1}],
  ["extract", "Step 1: extract", 5, {code: 1, show: 1}],
  ["one-exit", "Step 2: TRY and one exit", 6, {code: 1}],
  ["read-result", "Step 3: read the result", 5, {show: 1}],
  ["mutants", "Mutants: is our net tight?", 5, {show: 1}],
  ["elsewhere", "Same ideas in Rust, JS, Python", 4, {code: 1}],
  ["checklist", "Checklist and next steps", 3],
].map(([id, title, minutes, hook = {}]) => ({id, title, minutes, hook}));
