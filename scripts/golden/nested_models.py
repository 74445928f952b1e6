"""Models as people build them: chains, branches, models within models, several ends, odd names."""

from either_keras import L, keras


def sequential():
    return keras.Sequential(
        [
            L.Input((16, 16, 3)),
            L.Rescaling(1 / 255),
            L.Conv2D(6, 3, padding="same", activation="relu"),
            L.MaxPooling2D(),
            L.Conv2D(8, (3, 2), strides=2, use_bias=False),
            L.BatchNormalization(),
            L.ReLU(max_value=6.0),
            L.Flatten(),
            L.Dense(12, activation="relu"),
            L.Dropout(0.5),
            L.Dense(5, activation="softmax"),
        ],
        name="plain",
    )


def merging():
    x = L.Input((9, 9, 3))
    a = L.Conv2D(4, 1, name="a")(x)
    b = L.BatchNormalization(scale=False, name="b")(L.Conv2D(4, 3, padding="same")(x))
    c = L.Activation("tanh")(L.BatchNormalization(center=False)(b))
    y = L.Concatenate()([L.Add()([a, b, c]), L.Subtract()([a, b]), L.Multiply()([a, c])])
    z = L.Concatenate(axis=1)([L.Average()([a, b]), L.Maximum()([a, c]), L.Minimum()([b, c])])
    return keras.Model(x, L.Concatenate()([L.GlobalAveragePooling2D()(y), L.GlobalMaxPooling2D()(z)]), name="merging")


def base_network():
    x = L.Input((12, 12, 3), name="photo")
    y = L.Conv2D(6, 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
    y = L.BatchNormalization(name="bn1")(y)
    y = L.ReLU(6.0, name="relu1")(y)
    y = L.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw")(y)
    y = L.BatchNormalization(name="bn2")(y)
    return keras.Model(x, L.ReLU(6.0, name="out")(y), name="base")


def transfer():
    """What the transfer-learning guide builds: augmentation, a partly frozen base, a head."""
    base = base_network()
    base.trainable = True
    base.get_layer("conv1").trainable = False
    base.get_layer("bn1").trainable = False
    augment = keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.1)], name="augment")
    x = L.Input((12, 12, 3))
    y = base(L.Rescaling(1 / 127.5, offset=-1)(augment(x)), training=False)
    y = L.Dropout(0.2)(L.GlobalAveragePooling2D()(y))
    return keras.Model(x, L.Dense(4, name="conv1")(y), name="transfer")


def frozen_transfer():
    base = base_network()
    base.trainable = False
    return keras.Sequential([L.Input((12, 12, 3)), base, L.Flatten(), L.Dense(3)], name="frozen_transfer")


def nested():
    inner = keras.Sequential([L.Conv2D(4, 3, name="conv"), L.BatchNormalization()], name="inner")
    middle = keras.Sequential([L.Input((8, 8, 3)), inner, L.MaxPooling2D()], name="middle")
    head = keras.Sequential([L.Flatten(), L.Dense(6)], name="head")
    model = keras.Sequential([middle, head, L.Dense(2)], name="nested")
    model.build((None, 8, 8, 3))
    return model


def siamese():
    tower = base_network()
    dense = L.Dense(5, activation="tanh", name="shared")
    a, b = L.Input((12, 12, 3), name="left"), L.Input((12, 12, 3), name="right")
    one = dense(L.GlobalAveragePooling2D()(tower(a)))
    two = dense(L.GlobalAveragePooling2D()(tower(b)))
    return keras.Model([a, b], L.Dense(1)(L.Multiply()([L.Subtract()([one, two]), one])), name="siamese")


def several_ends():
    image, table = L.Input((8, 8, 3), name="image"), L.Input((5,), name="table")
    y = L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(image))
    z = L.Concatenate()([L.Dense(3)(table), y])
    return keras.Model([table, image], [L.Dense(2, name="second")(z), L.Dense(3, name="first")(y)], name="several_ends")


def open_size():
    x = L.Input((None, None, 3))
    y = L.MaxPooling2D()(L.Conv2D(5, 3, padding="same", activation="relu")(x))
    y = L.UpSampling2D()(L.Conv2D(4, 1)(y))
    return keras.Model(x, L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(y)), name="open_size")


def odd_names():
    x = L.Input((4,), name="constructor")
    y = L.Dense(3, name="first layer")(x)
    y = L.Dense(3, name="_second")(y)
    return keras.Model(x, L.Dense(2, name="valueOf")(y), name="odd names")


def double_precision():
    keras.backend.set_floatx("float64")
    model = keras.Sequential([L.Input((5,)), L.Dense(4, activation="tanh"), L.Dense(2)], name="double_precision")
    keras.backend.set_floatx("float32")
    return model
