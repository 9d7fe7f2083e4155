// What both pages need: asking the service, and making elements whose text is never taken for HTML.

export function element(name, content = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(content)) {
    if (key in made) made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each !== null && each !== ""));
  return made;
}

export const find = (id) => document.getElementById(id);

// The answer as JSON. Throws as `reach` does.
export async function ask(path, options = {}) {
  return (await reach(path, options)).json();
}

// The response. Throws an Error that says what the service said; without the token, asks for it first.
export async function reach(path, options = {}) {
  const secret = sessionStorage.getItem("token");
  const headers = {...options.headers, ...(secret ? {Authorization: `Bearer ${secret}`} : {})};
  let response;
  try {
    response = await fetch(path, {...options, headers});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The service does not answer. Is it still running?");
  }
  if (response.status === 401) {
    await token(secret !== null);
    return reach(path, options);
  }
  if (!response.ok) throw new Error((await response.json()).error);
  return response;
}

// Waits until somebody has typed a token.
function token(again) {
  const form = find("token");
  form.hidden = false;
  form.querySelector("label").textContent = again
    ? "That is not the token of this service" : "This service asks for its token";
  find("secret").focus();
  return new Promise((done) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem("token", find("secret").value.trim());
      find("secret").value = "";
      form.hidden = true;
      done();
    };
  });
}
