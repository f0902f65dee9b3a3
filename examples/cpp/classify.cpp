// classify MODEL.fxm [--threads N] < FRAMES: a line for each frame, raw pixels one behind the other, as a camera program writes them to a pipe.
//
//     c++ classify.cpp $(pkg-config --cflags --libs ferrite) -o classify
#include <ferrite.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// A network that ends with its scope, and exceptions in the place of codes.
class Network {
 public:
  Network(const char *path, std::int32_t threads) {
    check(ferrite_model_open_file(&model, path, nullptr, &error));
    check(ferrite_model_describe(&model, &description, &error));
    if (description.class_count == 0) throw std::runtime_error("the model doesn't tell classes");
    const ferrite_settings settings = {FERRITE_BEST, threads, {}};
    memory.resize(ferrite_session_bytes(&model, &settings));
    ferrite_session *opened;
    check(ferrite_session_open(&opened, &model, &settings, memory.data(), memory.size(), &error));
    session.reset(opened);
  }

  std::string classify(const std::vector<char> &pixels) {
    check(ferrite_run(session.get(), pixels.data(), pixels.size(), &error));
    return ferrite_label(session.get(), ferrite_class(session.get()));
  }

  ferrite_description description = {};

 private:
  void check(std::int32_t code) {
    if (code != FERRITE_OK) throw std::runtime_error(error.message + (" (byte " + std::to_string(error.byte_offset)) + ")");
  }

  struct Model : ferrite_model {
    Model() : ferrite_model() {}
    ~Model() { ferrite_model_close(this); }
    Model(const Model &) = delete;
    Model &operator=(const Model &) = delete;
  };

  ferrite_error error = {};
  // Of these the last ends first: a session before its memory and its model.
  Model model;
  std::vector<char> memory;
  std::unique_ptr<ferrite_session, void (*)(ferrite_session *)> session{nullptr, ferrite_session_close};
};

int main(int count, char **words) try {
  if (count != 2 && count != 4) {
    std::cerr << "usage: classify MODEL.fxm [--threads N] < FRAMES\n";
    return 64;
  }
  Network network(words[1], count == 4 ? std::atoi(words[3]) : 1);
  std::vector<char> pixels(network.description.frame_bytes);
  while (std::cin.read(pixels.data(), static_cast<std::streamsize>(pixels.size()))) std::cout << network.classify(pixels) << '\n';
  if (std::cin.gcount() != 0) throw std::runtime_error("the last frame is cut short");
} catch (const std::exception &error) {
  std::cerr << "classify: " << error.what() << '\n';
  return 65;
}
